"""`nectar db check`: what a server is asked, step by step, and what each answer means."""
