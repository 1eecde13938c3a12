"""HTTP in: statements, webhooks and facts are checked whole, translated, and kept before they are answered."""

from milepost.gateway.app import build_gateway, gateway_routes

__all__ = ["build_gateway", "gateway_routes"]
