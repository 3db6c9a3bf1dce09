/**
 * What brings an image into a board's flash: Espressif's tools as they are installed, or the harness's own flasher. `auto` leaves
 * the choice to the harness.
 */
export const flasherChoices = ['auto', 'embedded', 'esptool', 'idf.py'] as const;
export type FlasherChoice = (typeof flasherChoices)[number];
