"""Two units of one definition: FLOPs and PF-days, nats a token and bits a byte."""

from math import log

from ..quantities import PF_DAY


def pf_days(flops):
    """Turn FLOPs into PF-days of 8.64e19 (Kaplan et al. 2020, section 1.3)."""
    return flops / PF_DAY


def from_pf_days(days):
    """Turn PF-days into FLOPs."""
    return days * PF_DAY


def bits_per_byte(loss_nats, bytes_per_token):
    """Turn nats a token into bits a byte: L / (ln 2 x bytes a token)."""
    return loss_nats / (log(2) * bytes_per_token)


def nats_per_token(loss_bits_per_byte, bytes_per_token):
    """Turn bits a byte into nats a token."""
    return loss_bits_per_byte * log(2) * bytes_per_token
