/**
 * The types of node-serialport's binding interface. Its package names its declarations for `require` only,
 * so they are asked for in that way, in this one place.
 */
export type {
  BindingInterface,
  BindingPortInterface,
  BindingsErrorInterface,
  OpenOptions,
  PortInfo,
  PortStatus,
  SetOptions,
  UpdateOptions,
} from '@serialport/bindings-interface' with { 'resolution-mode': 'require' };
