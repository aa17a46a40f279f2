"""Writes other_bird.wav: a bird that there is not, synthesised, so that it belongs to nobody."""

import math
import random
import struct
import sys
import wave

RATE_HZ, LENGTH_S = 32_000, 6
random.seed(1)
samples, phase = [], 0.0
for i in range(RATE_HZ * LENGTH_S):
    # A verse of two seconds: two falling whistles, then a trill that rises.
    time = i / RATE_HZ % 2
    if time < 0.9:
        note = time % 0.45 / 0.45
        pitch_hz = 5200 - 2400 * note
        loud = math.sin(math.pi * note) ** 2
    elif time < 1.6:
        note = time % 0.05 / 0.05
        pitch_hz = 2600 + 1500 * (time - 0.9) + 500 * note
        loud = 0.7 * math.sin(math.pi * note) ** 2
    else:
        pitch_hz, loud = 0, 0
    phase += 2 * math.pi * pitch_hz / RATE_HZ
    samples.append(0.4 * loud * math.sin(phase) + 0.004 * random.uniform(-1, 1))

with wave.open(sys.argv[1] if len(sys.argv) > 1 else "other_bird.wav", "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(RATE_HZ)
    file.writeframes(b"".join(struct.pack("<h", int(32767 * max(-1, min(1, s)))) for s in samples))
