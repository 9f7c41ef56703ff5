/** One schedule while it is written: its draft, what is wrong with it, what it would do, and saving without losing anybody's work. */
import { computed, reactive, ref, shallowRef, watch } from 'vue'

import { ApiError } from '@/api/errors'
import { changeSchedule, createSchedule, impactOf, readSchedule } from '@/api/schedules'
import { copyOf, draftOf, fingerprint, impactBody, missing, newDraft, previewBody, scheduleBody, type ScheduleDraft } from '@/domain/draft'
import type { Schedule } from '@/domain/model'
import { byPointer } from '@/domain/problems'
import { isZone } from '@/domain/time'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { useAsked } from './useAsked'
import { usePreview } from './usePreview'

export const IMPACT_WAIT_MS = 600

/** `preset`: the name of a week to begin with. */
export function useScheduleEditor(timezone: string, servers: number[], preset?: unknown) {
  const refetch = useRefetch()
  const draft = reactive<ScheduleDraft>(newDraft(timezone, servers, preset))
  const original = shallowRef<Schedule | null>(null)
  const clean = ref(fingerprint(draft))
  const tried = ref(false)
  const conflict = ref(false)
  const theirs = shallowRef<Schedule | null>(null)
  /** How many servers somebody has to know of before it is saved. */
  const confirming = ref<number | null>(null)
  let revision = 0

  const isDirty = computed(() => fingerprint(draft) !== clean.value)

  function begin(with_: ScheduleDraft, from: Schedule | null): void {
    original.value = from
    revision = from?.revision ?? 0
    Object.assign(draft, with_)
    clean.value = fingerprint(draft)
    conflict.value = false
    theirs.value = null
  }
  const load = (schedule: Schedule): void => begin(draftOf(schedule), schedule)
  const copy = (schedule: Schedule): void => begin(copyOf(schedule), null)

  const question = computed(() => (isZone(draft.timezone) ? previewBody(draft) : null))
  const previewing = usePreview(question)
  /** Whether what is written now can be understood; otherwise no newer preview is on its way. */
  const isAskable = computed(() => question.value !== null && !previewing.error.value)

  // What the preview refuses would be refused a second time.
  const wish = computed(() => (isAskable.value && (isDirty.value || !original.value) ? impactBody(draft, original.value?.id) : null))
  const { answer, stale, error: impactError } = useAsked(wish, impactOf, IMPACT_WAIT_MS)
  const impact = computed(() => (wish.value || isDirty.value ? answer.value : null))
  const impacting = { impact, stale, error: impactError }

  const saving = useAction(async (confirmed: number | null) => {
    const body = scheduleBody(draft)
    if (!body) return
    const wanted = confirmed === null ? body : { ...body, confirm_stops: confirmed }
    load(original.value ? await changeSchedule(original.value.id, revision, wanted) : await createSchedule(wanted))
    tried.value = false
    confirming.value = null
    await refetch.schedules()
  })

  const reading = useAction(async () => {
    if (original.value) theirs.value = await readSchedule(original.value.id)
  })

  /** What the API wants to be asked about first; anything else stays an error. */
  async function onRefused(error: ApiError): Promise<void> {
    if (error.status === 412) {
      conflict.value = true
      confirming.value = null
      await reading.run()
    } else if (error.code === 'confirmation_required') {
      confirming.value = Number(error.members.stops)
      saving.clear()
    } else {
      confirming.value = null
    }
  }

  /** Resolves with whether it was saved. `confirmed`: the number of servers somebody typed. */
  async function save(confirmed: number | null = null): Promise<boolean> {
    tried.value = true
    if (Object.keys(missing(draft)).length > 0) return false
    const known = stale.value ? null : (impact.value?.confirm ?? null)
    if (confirmed === null && known !== null) {
      confirming.value = known
      return false
    }
    const done = await saving.run(confirmed)
    if (saving.error.value) await onRefused(saving.error.value)
    return done
  }

  function takeTheirs(): void {
    if (theirs.value) load(theirs.value)
    saving.clear()
  }

  /** Over the version that was shown: one that is newer still is a new conflict. */
  function saveOver(): Promise<boolean> {
    revision = theirs.value?.revision ?? revision
    conflict.value = false
    return save()
  }

  const problems = computed<Record<string, string>>(() => {
    const own = tried.value ? missing(draft) : {}
    const answered = [previewing.error.value, impactError.value, saving.error.value].filter((error) => error instanceof ApiError)
    return Object.assign({}, ...answered.map((error) => byPointer(error.errors)), own)
  })

  // What the API said about a field is out of date as soon as something is typed.
  watch(() => fingerprint(draft), () => !conflict.value && saving.clear())

  return { draft, original, isDirty, conflict, theirs, reading, confirming, problems, saving, previewing, impacting, isAskable, load, copy, save, takeTheirs, saveOver }
}
