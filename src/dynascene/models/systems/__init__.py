"""A system is a list of conditioners and the parameters that each stage trains."""

from dynascene.models.systems.actanywhere import actanywhere
from dynascene.models.systems.dynascene import dynascene

SYSTEMS = {"dynascene": dynascene, "actanywhere": actanywhere}
