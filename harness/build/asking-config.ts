import type { ConfigValue } from './kconfig.ts';

/**
 * Lets a firmware ask on its console for its Wi-Fi and the server's address, as `sdkconfig.ci` of ESP-IDF's examples does: the
 * image knows nothing of the bench that it runs on.
 */
export const askingConfig: Readonly<Record<string, ConfigValue>> = {
  EXAMPLE_WIFI_SSID_PWD_FROM_STDIN: true,
  EXAMPLE_SOCKET_IP_INPUT_STDIN: true,
};
