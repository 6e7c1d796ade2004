"""The tasks of the CKConv paper, as published."""
