# Look at dd-stranger:1.0, and take the letter out of it.
