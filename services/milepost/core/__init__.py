"""The pure core: journeys, evidence, presence, gaps. It reads no clock, does no IO, and draws no ids."""
