"""The command line: one file per noun; `app.py` lists them, `exits.py` is the one outer handler."""
