"""Naming by the letter of the rule, one location and one city at a time."""

import math

import numpy as np
import pandas as pd

EARTH_RADIUS_KM = 6371.0088


def great_circle_km(point: pd.Series, places: pd.DataFrame | pd.Series) -> pd.Series | float:
    """Measure along a sphere."""
    phi, psi = np.radians(point["lat"]), np.radians(places["lat"])
    step = np.sin((psi - phi) / 2) ** 2
    turn = np.sin(np.radians(places["lon"] - point["lon"]) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(step + np.cos(phi) * np.cos(psi) * turn))


def name_region(locations: pd.DataFrame, places: pd.DataFrame) -> dict[str, float]:
    """Give the cities that stand in one region, each with its share, the largest first."""
    held: dict[int, float] = {}
    nearest_km: dict[int, float] = {}
    for _, location in locations.iterrows():
        city = int(places["city"][great_circle_km(location, places).idxmin()])
        held[city] = held.get(city, 0) + location["activity"]
        centre_km = float(great_circle_km(location, places.loc[city]))
        nearest_km[city] = min(nearest_km.get(city, math.inf), centre_km)

    total = sum(held.values())
    standing = {city for city in held if nearest_km[city] <= 10} or set(held)
    biggest = max(places.loc[city, "population"] for city in standing)
    standing = {city for city in standing if places.loc[city, "population"] >= biggest / 6}

    def hand_on(city: int, takers: set[int]) -> None:
        def pull(taker: int) -> tuple[float, int]:
            away_km = great_circle_km(places.loc[city], places.loc[taker])
            return places.loc[taker, "population"] / max(away_km, 0.001), -taker

        held[max(takers, key=pull)] += held.pop(city)

    for city in set(held) - standing:
        hand_on(city, standing)
    for city in sorted(standing, reverse=True):
        if held[city] < 0.15 * total and len(standing) > 1:
            standing.remove(city)
            hand_on(city, {other for other in standing if other < city} or standing)
    shares = {places.loc[city, "name"]: held[city] / total for city in sorted(held)}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
