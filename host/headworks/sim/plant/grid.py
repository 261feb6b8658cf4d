"""The grid and the transformer: frequency, voltages, losses. Functions of time, no state."""

from headworks.sim.plant import noise

PHASE_STREAMS = (21, 23, 25)


def frequency_hz(seed: int, nominal_hz: float, t_s: float) -> float:
    """Frequency near nominal: slow wander of ±30 mHz with a faster ±10 mHz on it; ours."""
    slow = noise.smooth(seed, 31, t_s, 20.0)
    return nominal_hz + 0.03 * slow + 0.01 * noise.sample(seed, 33, t_s, 1.5)


def voltage_v(seed: int, phase: int, t_s: float, export_share: float) -> float:
    """Phase voltage: 230 V, ±1 % wander, up to +2 % with full export; ours.

    `export_share` is export over the transformer's rating, negative when importing.
    """
    wander = 0.01 * noise.sample(seed, PHASE_STREAMS[phase], t_s, 8.0)
    return 230.0 * (1.0 + wander + 0.02 * max(-1.0, min(1.0, export_share)))


def loss_kw(rating_kw: float, through_kw: float) -> float:
    """Transformer losses: 0.1 % of the rating always, 1 % of it at full load, quadratic; ours."""
    if rating_kw <= 0.0:
        return 0.0
    return rating_kw * (0.001 + 0.01 * (through_kw / rating_kw) ** 2)
