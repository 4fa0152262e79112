/** Structures of the contract and their fields, in order. Sizes and places come from the compiler. */
export const structures: Readonly<Record<string, readonly string[]>> = {
  d4c_record_head: ['size', 'kind', 'version', 'sequence', 'time_ns', 'container', 'cpu', 'reserved'],
  d4c_slice: ['offset', 'length'],
  d4c_pair: ['operations', 'actions', 'paths', 'mount', 'mount_path', 'root_path'],
  d4c_task: ['start_ns', 'pid', 'reserved', 'comm'],
  d4c_process: [
    'self', 'parent', 'group_leader', 'session_leader', 'entry_leader', 'tid', 'namespace_pid', 'uid', 'gid', 'euid',
    'egid', 'container_uid', 'container_gid', 'pid_namespace', 'mount_namespace', 'tty', 'flags', 'arguments_count',
    'executable_paths', 'executable', 'executable_root', 'leader_name', 'arguments',
  ],
  d4c_operation_record: [
    'head', 'hook', 'flags', 'operations', 'actions', 'possible', 'pairs_count', 'key', 'file_mode', 'file_new_mode',
    'file_links', 'file_device', 'file_inode', 'file_uid', 'file_gid', 'pairs', 'process',
  ],
  d4c_retraction_record: ['head', 'key'],
  d4c_container_record: ['head', 'pid', 'pid_namespace', 'mount_namespace', 'user_namespace'],
  d4c_settings: [
    'host_root', 'rename_lock', 'mount_lock', 'real_offset_ns', 'agent_start_ns', 'pin_inode', 'agent_pid',
    'pin_device', 'generation', 'flags', 'heartbeat_ns', 'orphan_after_ns',
  ],
  d4c_slot: ['table', 'flags'],
  d4c_container: [
    'root_superblock', 'root_dentry', 'began_ns', 'tasks', 'pid', 'pid_namespace', 'mount_namespace', 'user_namespace',
  ],
  d4c_mount_key: ['container', 'mount'],
  d4c_mount: ['next', 'parent', 'mountpoint', 'number', 'kind', 'is_top'],
  d4c_counters: ['judged', 'recorded', 'denied', 'retracted', 'path_unknown', 'tampered', 'unmarked', 'lost'],
  d4c_container_lost: ['lost'],
};

/** Headers whose plain numbers are mirrored; those of tables have their own mirror, src/abi/table.ts. */
export const constantHeaders = ['d4c_limits.h', 'd4c_operations.h', 'd4c_record.h', 'd4c_state.h'];
