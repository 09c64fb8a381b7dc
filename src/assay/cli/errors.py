"""From an exception to an exit status and the one line that a user reads."""

from __future__ import annotations

import errno

import typer

from assay.errors import AssayError, MissingExtraError

CLEAN, FOUND, FAILED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space, or write elsewhere (TMPDIR moves temporary files)",
    errno.EDQUOT: "the disk quota is used up; free some space, or write elsewhere",
    errno.EACCES: "no permission; check the permissions of the file and of its folder",
    errno.EPERM: "no permission; check the permissions of the file and of its folder",
    errno.EROFS: "the file system is read-only; write elsewhere",
    errno.ENOENT: "no such file or folder; check the path",
    errno.ENOTDIR: "a part of the path is a file, not a folder; check the path",
    errno.EISDIR: "it is a folder; name a file",
    errno.EEXIST: "it exists and is not a folder; name another one",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.EMFILE: "too many open files; raise the limit (ulimit -n)",
}

_EXTRAS = dict.fromkeys(("joblib", "lightgbm", "scipy", "sklearn", "threadpoolctl"), "lab-light") | {"torch": "lab"}


def explain(error: BaseException) -> tuple[int, str]:
    """The exit status for an error and its line without the ``assay:`` in front; no line for a closed pipe."""
    match error:
        case typer.Exit():
            return error.exit_code, ""
        case BrokenPipeError():
            return PIPE_CLOSED, ""
        case KeyboardInterrupt() | typer.Abort():
            return INTERRUPTED, "interrupted"
        case typer.TyperException():
            return FAILED, _usage(error)
        case AssayError():
            return FAILED, str(error)
        case ModuleNotFoundError() if extra := _EXTRAS.get((error.name or "").partition(".")[0]):
            return FAILED, str(MissingExtraError(error.name or "", extra))
        case MemoryError():
            return FAILED, "not enough memory; try fewer --sample-rows or --threads 1"
        case OSError():
            return FAILED, _system(error)
        case RuntimeError() if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl-C
            return INTERRUPTED, "interrupted"
    kind = type(error).__name__
    return FAILED, f"internal error ({kind}: {error}); please report it with what --debug prints"


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "assay"
    message = error.format_message().replace("Value error, ", "").rstrip(".")
    return f"{message}{' See' if message.endswith('?') else '; see'} {command} --help"


def _system(error: OSError) -> str:
    reason = _REMEDIES.get(error.errno or 0) or (error.strerror or str(error) or type(error).__name__)
    names = [str(name) for name in (error.filename, error.filename2) if name]
    return f"{names[-1]}: {reason}" if names else reason
