/** Why an operation ended as it did, in words for a person. The API's own sentence wins wherever there is one. */

const REASONS: Record<string, string> = {
  already_in_state: 'The server was already in that state.',
  conflict: 'Another action for the same server at the same moment took precedence.',
  superseded: 'A later action replaced it.',
  too_late: 'Its moment had passed by more than the grace period.',
  held: 'A hold kept the server as it is.',
  skip: 'Somebody skipped this run.',
  protected: 'The server is protected.',
  server_gone: 'The server no longer exists at AWS.',
  wrong_state: 'The server was in a state that does not allow it.',
  busy: 'Another operation on this server had not ended.',
  denied: 'AWS refused: the credentials lack the permission. Check the account’s policy.',
  credential_unusable: 'The account’s credentials cannot be used. Test the account.',
  throttled: 'AWS limited our requests for too long. Try again.',
  instance_not_found: 'AWS does not know this instance. Discover the account again.',
  insufficient_capacity: 'AWS has no capacity for this instance type here at the moment. Try again later.',
  failed_start: 'The server began to start and fell back to stopped.',
  confirm_timeout: 'AWS accepted it, but the end was not seen in time.',
  not_seen: 'The end was not seen.',
  reboot_not_proven: 'AWS accepted the reboot; its effect could not be proven.',
  call_unanswered: 'AWS did not answer, so nobody knows whether it happened.',
  cancelled_by_person: 'Somebody cancelled it.',
  schedule_changed: 'Its schedule was changed or removed.',
  ended_elsewhere: 'The server was changed outside Cloudevy meanwhile.',
  observe_only: 'Its schedule only watches; nothing was sent.',
  refused: 'EC2 refused it. Read AWS’s words in its steps, then try again.',
  unreachable: 'AWS could not be reached in time. Try again.',
  auto_scaling: 'An Auto Scaling group owns this server and would replace it. Change the group instead.',
  provider_managed: 'AWS runs this server for one of its services. Use that service to start or stop it.',
  instance_store: 'Its root disk is an instance store, so EC2 can reboot it, but not stop or start it.',
  stop_protected: 'Stop protection is on. Turn it off in EC2, then retry.',
  one_time_spot: 'A one-time Spot request made this server, and EC2 cannot stop those.',
  quota_used_up: 'The account’s quota of running vCPUs was used up. Stop others, or ask AWS to raise it.',
  never_ready: 'The server was still on its way until the time was over.',
  no_tokens: 'AWS’s limits did not let it through in time. Try again.',
  stopped_by_aws: 'AWS itself stopped the server again.',
  gave_up: 'It could not be done in time. Try again.',
  upstream_error: 'AWS answered with an error. Try again.',
  server_busy: 'Another operation on this server has not ended yet. Wait for it, then try again.',
}

export function reasonText(code: string | null, detail?: string | null): string | null {
  if (detail) return detail
  if (!code) return null
  return REASONS[code] ?? `Reason: ${code.replaceAll('_', ' ')}.`
}
