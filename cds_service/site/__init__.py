"""What one site sets: limits, rules, its record, its codes; one file, proven at the start."""
