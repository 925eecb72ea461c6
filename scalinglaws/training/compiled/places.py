"""Where each entry of the engine's tables stands: sizes and addresses, and rows for layers and weights."""

# T time, D width of the residual stream, H heads; a size that starts with L is the stride of a buffer's rows, in floats

# sizes
(
    T,
    D,
    HEADS,
    DH,
    DA,
    FF,
    V,
    BLOCKS,
    USES,
    GATED,
    CENTRED,
    ROTARY,
    BATCH,
    GROUP,
    CHUNK,
    PARTS,
    DECOUPLED,
    ALL_LINEARS,
    ALL_SUMS,
    ALL_GROUPS,
    LX,
    LY,
    LM,
    LQ,
    LF,
    LH,
    LK,
    LT,
    LV,
    LG_EMBED,
    HEAD_SIZE,
    USE_SIZE,
    SUMS_SIZE,
    QK_NORM,
    *_,
) = range(40)

# places of a block's kept activations, in floats from its start
HAT1, INVERSE1, Y1, KEPT, MIXED, HAT2, INVERSE2, Y2, SLOPE, H = range(40, 50)

# addresses
(
    NUMBERS,
    EMBED,
    POSITION,
    EMBED_SUM,
    POSITION_SUM,
    LINEARS,
    NORMS,
    ORDER,
    HEAD,
    SUMS,
    GROUPS,
    USE,
    ZEROS,
    MASK,
    COSINES,
    SINES,
    X,
    QKV,
    WIDE,
    DY,
    DX,
    HIDDEN,
    HATS,
    INVERSES,
    LOGITS,
    PANELS,
    OUT,
    ABOVE,
    PATTERNS,
    LOSSES,
    ALL_SUMMED,
    LAST,
    HEAD_NORMS,
    ROW_SUMS,
) = range(50, 84)
ENTRIES = 84

# a linear layer: addresses, sizes, and the stride of the sum of its gradients
WEIGHT, BIAS, FORWARD, BACK, SUM, BIAS_OUT_SUM, OUTS, INS, LG = range(9)
LINEAR = 9

# a norm: addresses
GAIN, NORM_BIAS, GAIN_PADDED, BIAS_PADDED, GAIN_SUM, BIAS_SUM = range(6)
NORM = 6

# the norms of a block's queries and keys: addresses
Q_GAIN, K_GAIN, Q_SUM, K_SUM = range(4)
HEAD_NORM = 4

# a gradient to copy out of its padded sum
SUM_FROM, SUM_STRIDE, SUM_TO, SUM_ROWS, SUM_COLUMNS = range(5)
SUM_ROW = 5

# a flat tensor of the optimizer: addresses of weights, gradient, both averages, an earlier gradient; its length
OF_WEIGHTS, OF_GRADIENT, OF_MEAN, OF_SQUARE, OF_BEFORE, COUNT = range(6)
GROUP_ROW = 6

# numbers, float64; decay and factor of the rate of each group follow
SCALE, EPS, OUT_SCALE, BETA1, BETA2, ADAM_EPS, CLIP, QK_EPS, DECAYS = range(9)
