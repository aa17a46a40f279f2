"""Writes background.wav: crickets over a brook, synthesised, so that it belongs to nobody."""

import math
import random
import struct
import sys
import wave

RATE_HZ, LENGTH_S = 32_000, 6
random.seed(1)
samples, low, lower = [], 0.0, 0.0
for i in range(RATE_HZ * LENGTH_S):
    time = i / RATE_HZ
    # Noise through two one-pole filters roars at the bottom; what gurgles is its slow swell.
    low += 0.08 * (random.uniform(-1, 1) - low)
    lower += 0.02 * (low - lower)
    brook = (0.6 * low + 2 * lower) * (1 + 0.5 * math.sin(2 * math.pi * 0.7 * time))
    # Three pulses, a rest, three pulses, each of 4.6 kHz.
    chirp, pulse = (time * 1.6) % 1, (time * 1.6) % 1 * 12
    loud = math.sin(math.pi * (pulse % 1)) ** 2 if chirp < 0.25 else 0
    samples.append(0.3 * brook + 0.05 * loud * math.sin(2 * math.pi * 4600 * time))

with wave.open(sys.argv[1] if len(sys.argv) > 1 else "background.wav", "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(RATE_HZ)
    file.writeframes(b"".join(struct.pack("<h", int(32767 * max(-1, min(1, s)))) for s in samples))
