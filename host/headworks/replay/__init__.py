"""What would the station have done? The scan that runs live, on rows and recordings."""
