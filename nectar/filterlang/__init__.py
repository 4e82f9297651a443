"""The filter language: text -> syntax -> typed tree -> Python, SQL and needles."""
