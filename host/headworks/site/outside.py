"""Checks of [mqtt] and [notify]: nothing secret crosses a network in clear."""

from urllib.parse import urlsplit

from headworks.site.book import Book

_OWN = ("localhost", "127.0.0.1", "::1")


def check_outside(book: Book) -> None:
    """Secrets without TLS, a webhook without an address."""
    for mqtt in book.of("mqtt"):
        broker = str(mqtt.values.get("broker", ""))
        if _in_clear(broker) and mqtt.has("credentials"):
            book.error(
                mqtt.at("broker"),
                "the password would cross the network in clear; write mqtts:// and the port "
                "of TLS, usually 8883",
            )
        elif _in_clear(broker):
            book.findings.warning(
                mqtt.at("broker"), "anyone on the network may read along; better mqtts://"
            )
    for notify in book.of("notify"):
        url = str(notify.values.get("url", ""))
        if not notify.has("url") and not notify.has("secrets"):
            book.error(
                notify.at(), '[notify] has no url; write url = "https://…", or secrets with it'
            )
        elif _in_clear(url) and notify.has("secrets"):
            book.error(notify.at("url"), "secrets would cross the network in clear; write https://")
        elif _in_clear(url):
            book.findings.warning(
                notify.at("url"), "anyone on the network may read along; better https://"
            )


def _in_clear(address: str) -> bool:
    """Whether this goes over a network, and without TLS."""
    parts = urlsplit(address)
    return parts.scheme in ("mqtt", "http") and parts.hostname not in _OWN
