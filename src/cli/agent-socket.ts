import { Option } from 'commander';
import { defaultSocket } from '#control';

/** Where the agent of this host is asked. */
export function socketOption(): Option {
  return new Option('--socket <path>', "the agent's control socket").default(defaultSocket).env('D4C_SOCKET');
}
