/** A schedule while it is being written, and its way to the API's body and back. */
import { fromCron, toCron, type Day } from './cron'
import type { Action, Mode, PreviewBody, Rule, RuleBody, Schedule, ScheduleBody, SkipDate, TimeWindow } from './model'
import { windowsOf, WORKDAYS } from './presets'
import { isComplete } from './week'

export type RuleForm = 'weekly' | 'cron' | 'once'
/** Hours a server should be on, or single actions. */
export type Kind = 'windows' | 'rules'
export type Targeting = 'servers' | 'tag_query'

export interface RuleDraft {
  key: number
  action: Action
  form: RuleForm
  days: Day[]
  time: string
  cron: string
  at: string
}

/** Both kinds and both ways to name servers are kept while one writes; only the chosen ones are saved. */
export interface ScheduleDraft {
  name: string
  timezone: string
  kind: Kind
  windows: TimeWindow[]
  rules: RuleDraft[]
  skip_dates: SkipDate[]
  valid_from: string
  valid_to: string
  targeting: Targeting
  servers: number[]
  tag_query: string
  mode: Mode
  hibernate: boolean
  grace_seconds: number | null
}

export const MODES: readonly { value: Mode; text: string; says: string }[] = [
  { value: 'respect', text: 'Leave it until the next action', says: 'Whoever started or stopped it had a reason; the next rule acts as planned.' },
  { value: 'alert', text: 'Leave it and tell me', says: 'The server asks for attention until somebody acknowledges the change.' },
  { value: 'enforce', text: 'Put it back', says: 'It is started or stopped again at once, at most three times an hour.' },
  { value: 'observe', text: 'Only watch, never act', says: 'The rules are recorded with what they would have done; nothing is sent to AWS.' },
]

const LONGEST_NAME = 120
let lastKey = 0

export function newRule(action: Action, time: string): RuleDraft {
  lastKey += 1
  return { key: lastKey, action, form: 'weekly', days: [...WORKDAYS], time, cron: '', at: '' }
}

export const newDraft = (timezone: string, servers: number[], preset?: unknown): ScheduleDraft => ({
  name: '', timezone, kind: 'windows', windows: windowsOf(preset), rules: [newRule('stop', '18:30')], skip_dates: [], valid_from: '', valid_to: '',
  targeting: 'servers', servers, tag_query: '', mode: 'respect', hibernate: false, grace_seconds: null,
})

function ruleDraft(rule: Rule): RuleDraft {
  const draft = { ...newRule(rule.action, ''), days: [] as Day[] }
  if (rule.at) return { ...draft, form: 'once', at: rule.at }
  const cron = rule.cron ?? ''
  const weekly = fromCron(cron)
  return weekly ? { ...draft, form: 'weekly', ...weekly, cron } : { ...draft, form: 'cron', cron }
}

/** What the schedule is not made of begins as in a new one. */
export function draftOf(schedule: Schedule): ScheduleDraft {
  const { name, timezone, mode, hibernate, grace_seconds, windows, rules, skip_dates, tag_query } = schedule
  const fresh = newDraft(timezone, [...schedule.servers])
  return {
    ...fresh, name, mode, hibernate, grace_seconds, tag_query,
    kind: windows.length > 0 ? 'windows' : 'rules',
    windows: windows.length > 0 ? windows.map((each) => ({ ...each, days: [...each.days] })) : fresh.windows,
    rules: rules.length > 0 && windows.length === 0 ? rules.map(ruleDraft) : fresh.rules,
    skip_dates: skip_dates.map((each) => ({ ...each })), valid_from: schedule.valid_from ?? '', valid_to: schedule.valid_to ?? '',
    targeting: tag_query ? 'tag_query' : 'servers',
  }
}

/** The beginning of another schedule like this one. */
export const copyOf = (schedule: Schedule): ScheduleDraft =>
  ({ ...draftOf(schedule), name: `Copy of ${schedule.name}`.slice(0, LONGEST_NAME) })

/** Null while something is missing that the person will still type. */
export function ruleBody(rule: RuleDraft): RuleBody | null {
  if (rule.form === 'once') return rule.at ? { action: rule.action, at: rule.at } : null
  const cron = rule.form === 'weekly' ? toCron(rule) : rule.cron.trim()
  return cron ? { action: rule.action, cron } : null
}

/** All rules, or null while one of them is incomplete. */
export function ruleBodies(rules: readonly RuleDraft[]): RuleBody[] | null {
  const bodies = rules.map(ruleBody)
  return bodies.includes(null) ? null : (bodies as RuleBody[])
}

/** The chosen kind, or null while it is incomplete. */
function timetable({ kind, windows, rules }: ScheduleDraft): { windows: TimeWindow[] } | { rules: RuleBody[] } | null {
  if (kind === 'windows') return windows.length > 0 && windows.every(isComplete) ? { windows } : null
  const bodies = ruleBodies(rules)
  return bodies && bodies.length > 0 ? { rules: bodies } : null
}

function missingWindows(windows: readonly TimeWindow[]): Record<string, string> {
  if (windows.length === 0) return { '/windows': 'Say when the servers should be on.' }
  const found = windows.flatMap(({ days, from, to }, place) => [
    ...(days.length === 0 ? [[`/windows/${place}/days`, 'Choose at least one day.']] : []),
    ...(from ? [] : [[`/windows/${place}/from`, 'Choose a time.']]), ...(to ? [] : [[`/windows/${place}/to`, 'Choose a time.']]),
  ])
  return Object.fromEntries(found) as Record<string, string>
}

function missingRules(rules: readonly RuleDraft[]): Record<string, string> {
  const found: Record<string, string> = {}
  if (rules.length === 0) found['/rules'] = 'Add at least one rule.'
  rules.forEach((rule, place) => {
    if (ruleBody(rule)) return
    if (rule.form === 'once') found[`/rules/${place}/at`] = 'Choose a date and a time.'
    else if (rule.form === 'cron') found[`/rules/${place}/cron`] = 'Write the five fields of a cron line.'
    else found[`/rules/${place}/cron`] = rule.days.length === 0 ? 'Choose at least one day.' : 'Choose a time.'
  })
  return found
}

/** What is missing, keyed by the pointer the API would use; empty when it can be sent. */
export function missing(draft: ScheduleDraft): Record<string, string> {
  const found: Record<string, string> = {}
  if (!draft.name.trim()) found['/name'] = 'Give the schedule a name.'
  if (!draft.timezone) found['/timezone'] = 'Choose a time zone.'
  Object.assign(found, draft.kind === 'windows' ? missingWindows(draft.windows) : missingRules(draft.rules))
  if (draft.valid_from && draft.valid_to && draft.valid_to < draft.valid_from) found['/valid_to'] = 'The last day comes before the first.'
  if (draft.targeting === 'tag_query' && !draft.tag_query.trim()) found['/tag_query'] = 'Write which tags the servers have, or pick them.'
  return found
}

export function scheduleBody(draft: ScheduleDraft): ScheduleBody | null {
  const times = timetable(draft)
  if (!times || Object.keys(missing(draft)).length > 0) return null
  const { timezone, mode, hibernate, grace_seconds, skip_dates } = draft
  const targets = draft.targeting === 'servers' ? { servers: [...draft.servers] } : { tag_query: draft.tag_query.trim() }
  return {
    name: draft.name.trim(), timezone, mode, hibernate, grace_seconds, ...times, ...targets, skip_dates,
    valid_from: draft.valid_from || null, valid_to: draft.valid_to || null,
  }
}

/** The timetable alone, for the preview; null while it is incomplete. */
export function previewBody(draft: ScheduleDraft): PreviewBody | null {
  const times = timetable(draft)
  if (!times) return null
  const { timezone, skip_dates, valid_from, valid_to } = draft
  return {
    timezone, ...times, ...(skip_dates.length > 0 && { skip_dates: skip_dates.map(({ day }) => day) }),
    ...(valid_from && { valid_from }), ...(valid_to && { valid_to }),
  }
}

/** What saving would be about, whatever the schedule will be called; null while something else is missing. */
export function impactBody(draft: ScheduleDraft, schedule?: number): (ScheduleBody & { schedule?: number }) | null {
  const body = scheduleBody({ ...draft, name: draft.name.trim() || 'New schedule' })
  return body && { ...body, ...(schedule !== undefined && { schedule }) }
}

/** A text that is equal for drafts in which the same was written; for the guard against losing work. */
export function fingerprint(draft: ScheduleDraft): string {
  const rules = draft.rules.map(({ key, ...rest }) => ruleBody({ key, ...rest }) ?? rest)
  const servers = [...draft.servers].sort((one, other) => one - other)
  return JSON.stringify({ ...draft, name: draft.name.trim(), tag_query: draft.tag_query.trim(), rules, servers })
}
