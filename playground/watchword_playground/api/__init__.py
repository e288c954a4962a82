"""The API itself: its resources, its controls, and the faults that strike them."""
