"""From the bytes of an attachment to the text that a reader sees, or to why there is none."""
