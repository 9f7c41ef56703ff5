/** Servers, operations and schedules for tests; each test names only what it is about. */
import type { Impact, Invitation, LastOperation, Me, Member, Operation, Schedule, Server, StatusEntry, Token } from '@/domain/model'

export const NOW = Date.parse('2026-11-23T17:30:00Z')

export const entry = (part: Partial<StatusEntry> = {}): StatusEntry => ({
  id: 8, name: 'test1', status: 'running', observed_state: 'running', seen_at: '2026-11-23T17:29:58Z', state_reason: null,
  transition: null, requested: null, last_operation: null, next_action: null, attention: [], hold: null, stuck_since: null, expected_seconds: null, ...part,
})

export const token = (part: Partial<Token> = {}): Token => ({
  id: 3, name: 'Nightly build', prefix: 'cvy_AbCdEfGh', scope: 'operator', author: { email: 'sam@example.com', name: 'Sam' },
  created_at: '2026-11-01T08:00:00Z', expires_at: '2027-01-30T08:00:00Z', last_used_at: null, ...part,
})

export const last = (part: Partial<LastOperation> = {}): LastOperation => ({
  id: 50, action: 'stop', state: 'succeeded', reason: null, detail: null, finished_at: '2026-11-23T17:29:00Z', ...part,
})

export function server(part: Partial<Server> = {}): Server {
  const { expected_seconds, ...live } = entry()
  return {
    ...live, instance_id: 'i-0abc', type: 't3.small', tags: {}, account: { id: 1, name: 'Staging' },
    region: { id: 1, name: 'eu-central-1' }, protected: false, state_since: null, missing_since: null,
    left_at: null, restrictions: [], hibernation: false, public_ip: null,
    private_ip: null, launched_at: null, availability_zone: null, schedules: 0, cpu: null, ...part,
  }
}

export const operation = (part: Partial<Operation> = {}): Operation => ({
  id: 50, server: { id: 8, name: 'test1', instance_id: 'i-0abc' }, action: 'stop', origin: 'rule', author: null,
  schedule: { id: 12, name: 'Nightly Shutdown' }, state: 'succeeded', reason: null, detail: null,
  due_at: '2026-11-23T17:30:00Z', requested_at: '2026-11-23T17:30:00Z', sending_at: null, accepted_at: null,
  finished_at: null, grace_until: null, attempt: 1, request_id: null, waiting: null,
  options: { force: false, hibernate: false }, call: null, can_cancel: false, can_retry: false, retry_of: null, retried_by: null, note: null, ...part,
})

export const schedule = (part: Partial<Schedule> = {}): Schedule => ({
  id: 12, name: 'Nightly Shutdown', timezone: 'Europe/Berlin', enabled: true, revision: 3, paused: null, grace_seconds: null,
  mode: 'respect', hibernate: false, rules: [{ id: 1, action: 'stop', cron: '30 18 * * 1-5', at: null, sentence: '', next_run_at: null }],
  servers: [8], windows: [], skip_dates: [], valid_from: null, valid_to: null, tag_query: '', week_hours: null, sentence: 'Stop at 18:30, Monday to Friday.', next: null, last_run: null, created_at: '', updated_at: '',
  warnings: [], ...part,
})

export const impact = (part: Partial<Impact> = {}): Impact => ({
  from: '2026-11-23T17:30:00Z', to: '2026-12-07T17:30:00Z', servers: 1, starts: { added: 0, removed: 0 }, stops: { added: 0, removed: 0 },
  reboots: { added: 0, removed: 0 }, hours: { on_before: 336, on_after: 120 }, changes: [], more: false, stops_soon: [], confirm: null, warnings: [], ...part,
})

export const me = (part: Partial<Me> = {}): Me => ({
  id: 1, email: 'sam@example.com', name: 'Sam', role: 'owner', workspace: { id: 1, name: 'default', time_zone: 'UTC' },
  environment: { demo: false, plain_http: false, version: '0.1.0' }, ...part,
})

export const member = (part: Partial<Member> = {}): Member => ({ id: 6, email: 'kim@example.com', name: 'Kim', role: 'operator', last_login: null, ...part })

export const invitation = (part: Partial<Invitation> = {}): Invitation => ({
  id: 7, email: 'ivy@example.com', role: 'operator', kind: 'invitation', author: { email: 'sam@example.com', name: 'Sam' },
  created_at: '2026-11-23T17:30:00Z', expires_at: '2026-11-30T17:30:00Z', ...part,
})
