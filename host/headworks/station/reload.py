"""SIGHUP: looks at the site file again. The running site is never replaced by it.

A changed file takes effect at a restart, when all racks are off; a broken one is named.
"""

from pathlib import Path

from headworks.model.plan import Alarm, Reason, ReasonCode, Severity
from headworks.model.site import Site
from headworks.site import SiteErrors, SiteUnreadable, load_site


def look_again(site: Site) -> Alarm | None:
    """None where the file is the one that runs; else what is to be told."""
    try:
        found = load_site(Path(site.source))
    except SiteUnreadable as error:
        return _refused(str(error))
    except SiteErrors as errors:
        first, more = errors.problems[0], len(errors.problems) - 1
        others = f" (and {more} more: headworks check names all)" if more else ""
        return _refused(first.render(site.source) + others)
    if found.sha256 == site.sha256:
        return None
    reason = Reason(ReasonCode.RESTART_NEEDED, (("file", site.source),))
    return Alarm("site", Severity.INFO, reason)


def _refused(error: str) -> Alarm:
    return Alarm("site", Severity.WARNING, Reason(ReasonCode.SITE_REFUSED, (("error", error),)))
