/** Colours of the plots. Print is light, whatever the screen is. */
export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly point: string;
  readonly alarm: string;
  readonly window: string;
  readonly disturbance: string;
  readonly nominal: string;
  readonly selected: string;
}

const light: Palette = {
  text: '#1c2024',
  muted: '#5c6570',
  grid: '#e4e7ea',
  point: '#1f5f8b',
  alarm: '#b3261e',
  window: 'rgb(31 95 139 / 6%)',
  disturbance: 'rgb(168 112 0 / 16%)',
  nominal: '#8a939c',
  selected: '#7a3e9d',
};

const dark: Palette = {
  text: '#e6e8ea',
  muted: '#9aa4ae',
  grid: '#2c3238',
  point: '#6db3e2',
  alarm: '#ff8a80',
  window: 'rgb(109 179 226 / 8%)',
  disturbance: 'rgb(230 170 60 / 18%)',
  nominal: '#77818b',
  selected: '#cf9df0',
};

const prefersDark = matchMedia('(prefers-color-scheme: dark)');

export function choosePalette(isPrinted: boolean): Palette {
  return prefersDark.matches && !isPrinted ? dark : light;
}

export function onPaletteChange(react: () => void): void {
  prefersDark.addEventListener('change', react);
}
