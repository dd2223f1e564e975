"""The parts of benches/compare.py: what is asked, how each question is measured, and the page."""
