"""A second opinion by pycardano, which lives in an environment of its own."""
