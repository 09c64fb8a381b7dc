"""Put the report of the demo, cut to its head and two findings, into README.md.

assay demo > demo.txt; python benchmarks/readme_demo.py demo.txt
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SHOWN = ("Clicks exceed", "Missing values")
README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    """Cut the report and replace what stands between the markers."""
    head, _, rest = Path(sys.argv[1]).read_text(encoding="utf-8").partition("\n\n 1 ")
    body = re.split(r"\n Checked and found clean|\n Notes", "\n\n 1 " + rest)[0]
    findings = re.split(r"\n\n (?=\d+ (?:CRITICAL|HIGH|MEDIUM|LOW|INFO)  )", body)
    shown = [f.strip() for f in findings if re.match(rf"\s*\d+ \w+  (?:{'|'.join(SHOWN)})", f)][:2]
    report = "\n\n".join([head.rstrip(), *(f" {f}" for f in shown), " ..."])
    report = "\n".join(line.rstrip() for line in report.splitlines())
    block = f"<!-- demo -->\n```console\n$ assay demo\n```\n\n```text\n{report}\n```\n\n"
    block += "Cut: the other findings, and what was checked and found clean.\n<!-- /demo -->"
    page = README.read_text(encoding="utf-8")
    README.write_text(
        re.sub(r"<!-- demo -->.*<!-- /demo -->", lambda _: block, page, flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
