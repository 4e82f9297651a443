"""What is filled, where to resume, when to refuse: arithmetic on places, no database."""
