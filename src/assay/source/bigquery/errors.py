"""Errors of BigQuery as one line each: what was refused, and which role or option would allow it."""

from __future__ import annotations

import concurrent.futures
import re
from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions as api
from google.auth import exceptions as auth

from assay.errors import AssayError, BudgetError, ConfigurationError, QueryError, SourceError
from assay.source.bigquery.address import BigQueryAddress

READER = "roles/bigquery.dataViewer"
_FILTER = re.compile(r"without a filter over column\(s\) (.+?) that can be used for partition elimination")
_TAGGED = re.compile(r"policy tag.*?\bcolumns? ([^\s,;]+)", re.IGNORECASE)
_TABLE = re.compile(r"not found: table ([\w$-]+[:.][\w$-]+[.][\w$*-]+)", re.IGNORECASE)
_OTHER = re.compile(r"denied: (?:table|dataset|view) ([\w$-]+):([\w$-]+)", re.IGNORECASE)
_LOCATED = re.compile(r"not found in location (\S+)")
_TRACE = re.compile(r"\s*(Location: |Job ID: |; reason: ).*", re.DOTALL)


@contextmanager
def explained(name: str, address: BigQueryAddress, sql: str = "") -> Iterator[None]:
    """Turn what the client raises inside into an :class:`AssayError`.

    Only a statement that the engine could not compute is a :class:`QueryError`, which is asked again in smaller parts;
    denials, quotas and bounds would be the same for every part.
    """
    try:
        yield
    except AssayError:
        raise
    except (api.GoogleAPIError, auth.GoogleAuthError, concurrent.futures.TimeoutError, OSError) as error:
        raise explain(error, name, address, sql) from None
    except ValueError as error:  # the client's own checks of names and settings
        raise SourceError(f"{name}: {_line(str(error))}") from None


def explain(error: BaseException, name: str, address: BigQueryAddress, sql: str = "") -> AssayError:
    """The error that a user can act on."""
    text, reasons = _line(getattr(error, "message", None) or str(error)), _reasons(error)
    lowered = text.lower()
    if isinstance(error, auth.DefaultCredentialsError):
        return ConfigurationError(
            "no Google credentials found; run `gcloud auth application-default login`, "
            "or set GOOGLE_APPLICATION_CREDENTIALS to a key file"
        )
    if isinstance(error, auth.GoogleAuthError):
        return SourceError(
            f"{name}: Google credentials were refused; renew them with `gcloud auth application-default login`: {text}"
        )
    if "byteslimitexceeded" in reasons or "bytesbilledlimitexceeded" in reasons or "bytes billed" in lowered:
        return BudgetError(f"{name}: {text}; audit less with --since or --where, or raise --max-bytes")
    filtered = _FILTER.search(text)
    if filtered:
        return needs_filter(name, filtered.group(1).replace("'", "").replace("`", ""))
    if isinstance(error, api.Forbidden | api.Unauthorized) or reasons & {"accessdenied", "permission_denied"}:
        return SourceError(_denied(text, lowered, reasons, name, address))
    if isinstance(error, api.NotFound) or "notfound" in reasons:
        return SourceError(_missing(text, name, address))
    if isinstance(error, concurrent.futures.TimeoutError) or reasons & {"stopped", "timeout"}:
        limit = f" of {address.timeout:g} s" if address.timeout else ""
        return SourceError(f"{name}: a statement was cancelled after the time limit{limit}; raise ?timeout=SECONDS")
    if reasons & {"quotaexceeded", "ratelimitexceeded"} or isinstance(error, api.TooManyRequests):
        return SourceError(f"{name}: a quota of project {address.payer} is used up; try later: {text}")
    if isinstance(error, api.ServerError | api.RetryError):
        return SourceError(f"{name}: BigQuery did not answer, also when asked again: {text}")
    if isinstance(error, api.GoogleAPICallError):
        return QueryError(f"{name}: {text}", sql)
    return SourceError(f"{name}: BigQuery cannot be reached: {text}")


def needs_filter(name: str, column: str) -> SourceError:
    """The table may only be read with a condition on its partitions."""
    return SourceError(
        f"{name}: the table can only be read with a condition on its partition column {column}; "
        f"use --since DATE, or --where with a condition on {column}"
    )


def _denied(text: str, lowered: str, reasons: set[str], name: str, address: BigQueryAddress) -> str:
    tagged = _TAGGED.search(text)
    if tagged or "fine-grained" in lowered or "finegrained" in lowered:
        column = tagged.group(1).strip("`'\".") if tagged else "with a policy tag"
        role = "roles/datacatalog.categoryFineGrainedReader"
        return f"{name}: no permission to read the column {column}; its policy tag needs {role}"
    if "quotaexceeded" in reasons or "ratelimitexceeded" in reasons:
        return f"{name}: a quota of project {address.payer} is used up; try later: {text}"
    if "billingnotenabled" in reasons or ("billing" in lowered and "enable" in lowered):
        return f"{name}: project {address.payer} has no billing account; name another one with ?billing=PROJECT"
    if "accessnotconfigured" in reasons or "has not been used in project" in lowered:
        return f"{name}: the BigQuery API is not enabled in project {address.payer}; enable it there"
    if "vpc service controls" in lowered or "organization's policy" in lowered:
        return f"{name}: a service perimeter of the organisation refuses the request: {text}"
    if "jobs.create" in lowered:
        role = f"roles/bigquery.jobUser on project {address.payer} (or pay from another one with ?billing=PROJECT)"
        return f"{name}: no permission to run statements; you need {role}"
    if "readsessions" in lowered:
        return f"{name}: no permission to read results; you need roles/bigquery.readSessionUser on {address.payer}"
    if "drive credentials" in lowered or "google drive" in lowered:
        return f"{name}: a table in Google Drive needs credentials with the Drive scope; copy it into BigQuery"
    if "storage.objects" in lowered:
        return f"{name}: no permission to read the files of this table; you need roles/storage.objectViewer: {text}"
    other = _OTHER.search(text)
    where = f"{other.group(1)}.{other.group(2)}" if other else f"{address.project}.{address.dataset}"
    return f"{name}: no permission to read it; you need {READER} on {where}: {text}"


def _missing(text: str, name: str, address: BigQueryAddress) -> str:
    located, missing = _LOCATED.search(text), _TABLE.search(text)
    if missing and missing.group(1) not in (name, f"{address.project}.{name}", f"{address.project}:{name}"):
        return f"{name}: it reads {missing.group(1)}, which is not there: {text}"
    if located and "not found: dataset" in text.lower():
        found = located.group(1).rstrip(".")
        return (
            f"{name}: data set {address.dataset} is not in location {found}; name its own one with ?location=EU or like"
        )
    if text.lower().startswith("not found: project"):
        return f"{name}: project {address.project} is not there, or not visible to you: {text}"
    return f"{name}: {text}"


def _reasons(error: BaseException) -> set[str]:
    listed = getattr(error, "errors", None) or ()
    return {str(item.get("reason", "")).lower() for item in listed if isinstance(item, dict)} - {""}


def _line(text: str) -> str:
    """The service's sentence, without the request that it answers and without its tracing marks."""
    text = re.sub(r"^\d{3} ", "", text.strip())
    text = re.sub(r"^(GET|POST|PUT|DELETE|PATCH) \S+?: ", "", text)
    return " ".join(_TRACE.sub("", text).split())[:400] or "no reason was given"
