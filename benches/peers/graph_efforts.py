"""How many candidates a peer's graph keeps in a walk, in steps of a tenth or so: with long steps it would be measured well above
the recall that is asked for, and ESS, which is tuned, at it."""

EFFORTS = [10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 28, 30, 33, 36, 40, 44, 48, 52, 56, 60, 66, 72, 80, 88, 96]
EFFORTS += [104, 112, 120, 130, 140, 150, 160, 180, 200, 220, 240, 270, 300, 350, 400, 500, 600, 800]
