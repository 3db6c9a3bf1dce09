import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Packages } from './finding.ts';

const managers = [
  { name: 'apt', command: 'apt-get', install: 'sudo apt-get install -y' },
  { name: 'dnf', command: 'dnf', install: 'sudo dnf install -y' },
  { name: 'pacman', command: 'pacman', install: 'sudo pacman -S --needed' },
  { name: 'brew', command: 'brew', install: 'brew install' },
] as const;

/** Makes the command that installs a package on this system, by the package manager that is in PATH. */
export function installCommandFor(path: string): (packages: Packages) => string {
  const folders = path.split(delimiter).filter(Boolean);
  const manager = managers.find(({ command }) => folders.some((folder) => isProgram(join(folder, command))));
  return (packages) => {
    if (manager === undefined) return `install ${packages.apt} by the package manager of this system`;
    return `${manager.install} ${packages[manager.name] ?? packages.apt}`;
  };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
