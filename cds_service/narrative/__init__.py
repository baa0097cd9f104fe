"""Imaging reports: which of a record's resources they are, and the text that each of them says.

Above `facts` (codes, dates, references) and `reports` (formats), below the story.
"""
