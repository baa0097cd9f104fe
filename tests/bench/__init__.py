"""Our service beside a bare echo, measured as ratios of one run (`make bench`)."""
