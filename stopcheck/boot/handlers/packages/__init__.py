"""Packages in JavaScript: what their manifests tell, and which source a build makes which file of."""
