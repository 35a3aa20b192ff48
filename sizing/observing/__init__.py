"""From the requests of real use to numbers with intervals: streaming counts, then estimators. Nothing here knows a name, an address or a page."""
