"""The other side of the wire: this package plays the EHR, to try and to check a deployment."""
