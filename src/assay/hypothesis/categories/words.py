"""Names and words of many languages: what the spelling of a category looks like before a column's own values are known.

Only their letter pairs and their mix of cases, digits and marks are used, and that a listed word is no misspelling of
another one (Austria and Australia).
"""

from __future__ import annotations

from functools import cache

_COUNTRIES = """
Afghanistan|Albania|Algeria|Andorra|Angola|Argentina|Armenia|Australia|Austria|Azerbaijan|Bahamas|Bahrain|Bangladesh
Barbados|Belarus|Belgium|Belize|Benin|Bhutan|Bolivia|Bosnia and Herzegovina|Botswana|Brazil|Brunei|Bulgaria|Burundi
Cambodia|Cameroon|Canada|Chad|Chile|China|Colombia|Comoros|Congo|Costa Rica|Croatia|Cuba|Cyprus|Czechia|Denmark
Djibouti|Dominica|Dominican Republic|Ecuador|Egypt|El Salvador|Eritrea|Estonia|Ethiopia|Fiji|Finland|France|Gabon
Gambia|Georgia|Germany|Ghana|Greece|Grenada|Guatemala|Guinea|Guyana|Haiti|Honduras|Hong Kong|Hungary|Iceland|India
Indonesia|Iran|Iraq|Ireland|Israel|Italy|Jamaica|Japan|Jordan|Kazakhstan|Kenya|Kuwait|Kyrgyzstan|Laos|Latvia|Lebanon
Lesotho|Liberia|Libya|Liechtenstein|Lithuania|Luxembourg|Madagascar|Malawi|Malaysia|Maldives|Mali|Malta|Mauritania
Mauritius|Mexico|Moldova|Monaco|Mongolia|Montenegro|Morocco|Mozambique|Myanmar|Namibia|Nepal|Netherlands|New Zealand
Nicaragua|Niger|Nigeria|North Macedonia|Norway|Oman|Pakistan|Palestine|Panama|Papua New Guinea|Paraguay|Peru
Philippines|Poland|Portugal|Qatar|Romania|Russia|Rwanda|Samoa|Saudi Arabia|Senegal|Serbia|Seychelles|Sierra Leone
Singapore|Slovakia|Slovenia|Somalia|South Africa|South Korea|Spain|Sri Lanka|Sudan|Suriname|Sweden|Switzerland|Syria
Taiwan|Tajikistan|Tanzania|Thailand|Togo|Tonga|Tunisia|Turkey|Turkmenistan|Uganda|Ukraine|United Arab Emirates
United Kingdom|United States|Uruguay|Uzbekistan|Vanuatu|Venezuela|Vietnam|Yemen|Zambia|Zimbabwe|Deutschland|Frankreich
Schweiz|Spanien|Italien|Espana|Francia|Alemania|Brasil|Polska|Nederland|Belgique|Sverige|Suomi|Turkiye|Osterreich
"""
_PLACES = """
Amsterdam|Athens|Atlanta|Bangkok|Barcelona|Beijing|Berlin|Bogota|Boston|Bratislava|Brussels|Bucharest|Budapest
Buenos Aires|Cairo|Chicago|Cologne|Copenhagen|Dallas|Delhi|Denver|Dortmund|Dresden|Dublin|Edinburgh|Frankfurt|Geneva
Glasgow|Gothenburg|Guadalajara|Hamburg|Hanoi|Helsinki|Houston|Hyderabad|Istanbul|Jakarta|Johannesburg|Karachi|Krakow
Kyoto|Lagos|Lahore|Leipzig|Lille|Lima|Lisbon|Liverpool|Ljubljana|London|Los Angeles|Lyon|Madrid|Manchester|Manila
Marseille|Melbourne|Miami|Milano|Minneapolis|Montreal|Moscow|Mumbai|Munich|Nagoya|Nairobi|Naples|Nashville|New York
Odessa|Osaka|Oslo|Paris|Philadelphia|Phoenix|Porto|Prague|Pune|Quebec|Quito|Riga|Rio de Janeiro|Rome|Rotterdam
San Francisco|Santiago|Sao Paulo|Seattle|Seoul|Seville|Shanghai|Shenzhen|Sofia|Stockholm|Stuttgart|Sydney|Tallinn
Tokyo|Toronto|Toulouse|Turin|Utrecht|Valencia|Vancouver|Venice|Vienna|Vilnius|Warsaw|Washington|Wroclaw|Zagreb|Zurich
Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Hawaii|Idaho|Illinois|Indiana|Iowa
Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada
New Hampshire|New Jersey|New Mexico|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island
South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|West Virginia|Wisconsin|Wyoming|Bavaria|Bayern
Sachsen|Hessen|Andalucia|Cataluna|Bretagne|Provence|Toscana|Lombardia|Ontario|Alberta|Manitoba|Gujarat|Kerala|Punjab
"""
_BRANDS = """
Adidas|Amazon|Apple|Asics|Asus|Audi|Bayer|Bosch|Burberry|Canon|Carrefour|Cartier|Chanel|Chevrolet|Cisco|Citroen
Coca-Cola|Colgate|Danone|Decathlon|Dell|Dior|Disney|Dyson|eBay|Ericsson|Facebook|Ferrari|Fiat|FedEx|Ford|Gillette
Google|Gucci|H&M|Heineken|Henkel|Hermes|Hewlett Packard|Honda|HSBC|Huawei|Hyundai|IBM|IKEA|Instagram|Intel|iPhone
Jaguar|KPMG|Kellogg's|Kia|Lacoste|Lego|Lenovo|Levi's|LG|Lidl|LinkedIn|L'Oreal|Louis Vuitton|Lufthansa|Mastercard
Mazda|McDonald's|Mercedes-Benz|Microsoft|Mitsubishi|Motorola|Nescafe|Nestle|Netflix|Nike|Nikon|Nintendo|Nissan|Nivea
Nokia|Nvidia|Oracle|Panasonic|PayPal|Pepsi|Peugeot|Philips|Pinterest|Porsche|Prada|Puma|Quaker|Reddit|Reebok|Renault
Ray-Ban|Rolex|Rossmann|Samsung|Santander|Shell|Siemens|Skoda|Snapchat|Sony|Spotify|Starbucks|Subaru|Suzuki|Swarovski
Target|Tesco|Tesla|TikTok|Toyota|Tropicana|Twitter|Uber|Unilever|Uniqlo|Vodafone|Volkswagen|Volvo|Walmart|WhatsApp|Xbox
Xerox|Xiaomi|Yahoo|Yamaha|YouTube|Zalando|Zara|BMW|AT&T|3M|7-Eleven|PwC|UPS|DHL|H2O|B&Q|C&A|Forever 21|Michelin|Pirelli
"""
_TERMS = """
awareness|traffic|leads|sales|app installs|conversions|engagement|reach|prospecting|retargeting|remarketing
lookalike_1pct
interest_sports|existing_customers|in_market|broad|brand|generic|competitor|search|display|video|shopping|social|email
affiliate|organic|direct|referral|paid_search|google_search|google / cpc|audience_network|stories|reels|feed|banner
image
carousel|collection|story_video|playable|native|desktop|mobile|tablet|connected_tv|smart tv|android|ios|windows|macos
linux
chrome|safari|firefox|edge|opera|summer sale|winter collection|black friday|cyber monday|christmas|back to school|spring
autumn|newsletter|launch|always on|evergreen|test|control|variant_a|creative_02|2024_Q1_Brand_US|18-24|25-34|65+|male
female|other|high|medium|low|new|returning|active|inactive|pending|shipped|delivered|cancelled|refunded|approved
rejected
open|closed|in progress|completed|failed|urgent|normal|yes|no|true|false|monday|tuesday|wednesday|thursday|friday
saturday
sunday|january|february|march|april|june|july|august|september|october|november|december|north|south|east|west|central
northeast|northwest|southeast|southwest|internal|external|inbound|outbound|import|export|prepaid|postpaid|maximum
minimum
electronics|computers|laptops|smartphones|accessories|headphones|televisions|cameras|furniture|kitchen|bathroom|garden
toys|games|books|music|movies|clothing|shoes|jackets|trousers|dresses|jewellery|watches|cosmetics|perfume|groceries
beverages|bakery|dairy|frozen|vegetables|fruits|meat|seafood|snacks|pets|sports|outdoor|fitness|automotive|tools|office
health|beauty|insurance|banking|finance|travel|hotels|flights|education|software|gaming|fashion|real estate|restaurants
black|white|red|green|blue|yellow|orange|purple|brown|grey|silver|gold|pink|navy|beige|small|large|extra large|XL|XXL
cotton|leather|wool|polyester|wood|steel|glass|plastic|ceramic|credit card|debit card|bank transfer|cash|voucher|invoice
engineering|marketing|accounting|human resources|operations|logistics|purchasing|legal|research|support|management
manager
assistant|analyst|developer|designer|director|technician|nurse|teacher|driver|cashier|engineer|consultant|apprentice
intern
cardiology|neurology|oncology|pediatrics|radiology|surgery|emergency|pneumonia|heart failure|diabetes|hypertension
hypotension|infection|acute care|voluntary non-profit|government|proprietary|church|hospital|clinic|pharmacy|laboratory
temperature|humidity|pressure|vibration|voltage|current|sensor|pump|motor|valve|reactor|turbine|warehouse|station
express|standard|economy|premium|basic|professional|enterprise|free trial|subscription|monthly|yearly|weekly|daily
Versand|Bestellung|Rechnung|Kunde|Lieferung|Werbung|Kampagne|Marke|Geraet|Bundesland|Strasse|Wohnung|Haus|Kleidung
Schuhe
Spielzeug|Haushalt|Fahrrad|Angebot|Neukunden|Bestandskunden|Herren|Damen|Kinder|Fruehling|Sommer|Herbst|Winter|Verkauf
campanha|marca|vendas|conversao|tráfego|celular|computador|cidade|estado|São Paulo|promoção|verão|inverno|roupas
calçados
eletrônicos|móveis|alimentos|bebidas|saúde|beleza|educação|campaña|ventas|móvil|ordenador|ciudad|zapatos|hogar|juguetes
livres|vêtements|chaussures|maison|jardin|enfants|femmes|hommes|soldes|hiver|automne|printemps|ordinateur|téléphone
scarpe|abbigliamento|casa|giardino|bambini|uomo|donna|offerta|telefono|zabawki|odzież|obuwie|książki|meble|sprzedaż
schoenen|kleding|keuken|speelgoed|fietsen|kläder|skor|barn|ayakkabı|giyim|oyuncak|kitap|telefon|bilgisayar|kampanya
"""
_PEOPLE = """
Smith|Johnson|Williams|Brown|Jones|Garcia|Miller|Davis|Rodriguez|Martinez|Hernandez|Lopez|Gonzalez|Wilson|Anderson
Thomas|Taylor|Moore|Jackson|Martin|Lee|Perez|Thompson|White|Harris|Sanchez|Clark|Ramirez|Lewis|Robinson|Walker|Young
Allen|King|Wright|Scott|Torres|Nguyen|Hill|Flores|Green|Adams|Nelson|Baker|Hall|Rivera|Campbell|Mitchell|Carter|Roberts
Mueller|Schmidt|Schneider|Fischer|Weber|Meyer|Wagner|Becker|Schulz|Hoffmann|Koch|Bauer|Richter|Klein|Wolf|Schroeder
Ivanov|Petrov|Sidorov|Kuznetsov|Popov|Kowalski|Nowak|Wisniewski|Novak|Horvat|Nagy|Andersson|Nielsen|Hansen|Korhonen
Rossi|Russo|Ferrari|Esposito|Bianchi|Dubois|Moreau|Laurent|Lefebvre|Silva|Santos|Oliveira|Souza|Pereira|Yilmaz|Kaya
Tanaka|Suzuki|Yamamoto|Watanabe|Kim|Park|Choi|Wang|Zhang|Chen|Liu|Singh|Kumar|Sharma|Patel|Gupta|Khan|Ahmed|Hassan
James|Mary|Robert|Patricia|John|Jennifer|Michael|Linda|David|Elizabeth|William|Barbara|Richard|Susan|Joseph|Jessica
Sarah|Karen|Daniel|Lisa|Matthew|Nancy|Anthony|Sandra|Mark|Ashley|Emily|Kevin|Michelle|Brian|Laura|Sofia|Lucas|Emma
"""


@cache
def background() -> tuple[str, ...]:
    """The listed words, in a fixed order, each once."""
    listed = (_COUNTRIES, _PLACES, _BRANDS, _TERMS, _PEOPLE)
    return tuple(dict.fromkeys(w for text in listed for line in text.strip().splitlines() for w in line.split("|")))


@cache
def known_words() -> frozenset[str]:
    """The listed words and the single words of the longer ones, case-folded."""
    words = [w.casefold() for w in background()]
    return frozenset(words) | {part for w in words for part in w.split()}
