/** LZW as in GIF with 8-bit literals: codes of 9 to 12 bits, least significant bit first. */
export const CLEAR_CODE = 256;
export const END_CODE = 257;
export const FIRST_WIDTH = 9;
export const LAST_WIDTH = 12;
export const LAST_CODE = (1 << LAST_WIDTH) - 1;
