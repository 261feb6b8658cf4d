"""Reads site.toml into `headworks.model.site.Site`, or names every mistake with its place.

`rows` is the schema, `values` and `formats` the kinds of values, `locate` finds line and
column, `entries` applies the schema; `unread`, `names`, `lines`, `wiring`, `power` and `sense`
check what rows cannot say; `build` makes the frozen types. Drives nothing and opens no device.
"""

from headworks.site.load import check, load_site, read_text
from headworks.site.problems import Problem, SiteErrors, SiteUnreadable

__all__ = ["Problem", "SiteErrors", "SiteUnreadable", "check", "load_site", "read_text"]
