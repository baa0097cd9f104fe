"""Reading the content files of a procedure, and filling them with what was found."""
