/** A schedule while it is being written, and its way to the API's body and back. */
import { fromCron, toCron, type Day } from './cron'
import type { Action, Mode, Rule, RuleBody, Schedule, ScheduleBody } from './model'

export type RuleForm = 'weekly' | 'cron' | 'once'

export interface RuleDraft {
  key: number
  action: Action
  form: RuleForm
  days: Day[]
  time: string
  cron: string
  at: string
}

export interface ScheduleDraft {
  name: string; timezone: string; rules: RuleDraft[]; servers: number[]; mode: Mode; hibernate: boolean
}

export const MODES: readonly { value: Mode; text: string; says: string }[] = [
  { value: 'respect', text: 'Leave it until the next action', says: 'Whoever started or stopped it had a reason; the next rule acts as planned.' },
  { value: 'alert', text: 'Leave it and tell me', says: 'The server asks for attention until somebody acknowledges the change.' },
  { value: 'enforce', text: 'Put it back', says: 'It is started or stopped again at once, at most three times an hour.' },
  { value: 'observe', text: 'Only watch, never act', says: 'The rules are recorded with what they would have done; nothing is sent to AWS.' },
]

const WORKDAYS: Day[] = ['mon', 'tue', 'wed', 'thu', 'fri']
let lastKey = 0

export function newRule(action: Action, time: string): RuleDraft {
  lastKey += 1
  return { key: lastKey, action, form: 'weekly', days: [...WORKDAYS], time, cron: '', at: '' }
}

export function newDraft(timezone: string, servers: number[]): ScheduleDraft {
  return { name: '', timezone, rules: [newRule('stop', '18:30')], servers, mode: 'respect', hibernate: false }
}

function ruleDraft(rule: Rule): RuleDraft {
  const draft = { ...newRule(rule.action, ''), days: [] as Day[] }
  if (rule.at) return { ...draft, form: 'once', at: rule.at }
  const cron = rule.cron ?? ''
  const weekly = fromCron(cron)
  return weekly ? { ...draft, form: 'weekly', ...weekly, cron } : { ...draft, form: 'cron', cron }
}

export function draftOf(schedule: Schedule): ScheduleDraft {
  const { name, timezone, mode, hibernate } = schedule
  return { name, timezone, mode, hibernate, rules: schedule.rules.map(ruleDraft), servers: [...schedule.servers] }
}

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

/** What is missing, keyed by the pointer the API would use; empty when it can be sent. */
export function missing(draft: ScheduleDraft): Record<string, string> {
  const found: Record<string, string> = {}
  if (!draft.name.trim()) found['/name'] = 'Give the schedule a name.'
  if (!draft.timezone) found['/timezone'] = 'Choose a time zone.'
  if (draft.rules.length === 0) found['/rules'] = 'Add at least one rule.'
  draft.rules.forEach((rule, place) => {
    if (ruleBody(rule)) return
    if (rule.form === 'once') found[`/rules/${place}/at`] = 'Choose a date and a time.'
    else if (rule.form === 'cron') found[`/rules/${place}/cron`] = 'Write the five fields of a cron line.'
    else found[`/rules/${place}/cron`] = rule.days.length === 0 ? 'Choose at least one day.' : 'Choose a time.'
  })
  return found
}

export function scheduleBody(draft: ScheduleDraft): ScheduleBody | null {
  const rules = ruleBodies(draft.rules)
  if (!rules || Object.keys(missing(draft)).length > 0) return null
  const { timezone, mode, hibernate, servers } = draft
  return { name: draft.name.trim(), timezone, mode, hibernate, rules, servers: [...servers] }
}

/** A text that is equal for drafts that would be saved alike; for the guard against losing work. */
export function fingerprint(draft: ScheduleDraft): string {
  const rules = draft.rules.map(({ key, ...rest }) => ruleBody({ key, ...rest }) ?? rest)
  const servers = [...draft.servers].sort((one, other) => one - other)
  return JSON.stringify([draft.name.trim(), draft.timezone, draft.mode, draft.hibernate, rules, servers])
}
