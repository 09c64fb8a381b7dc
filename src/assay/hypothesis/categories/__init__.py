"""Categories with damaged values."""
