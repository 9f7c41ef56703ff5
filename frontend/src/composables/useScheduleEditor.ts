/** One schedule while it is written: its draft, what is wrong with it, its preview, and saving without losing anybody's work. */
import { computed, reactive, ref, shallowRef, watch } from 'vue'

import { ApiError } from '@/api/errors'
import { changeSchedule, createSchedule, readSchedule } from '@/api/schedules'
import { draftOf, fingerprint, missing, newDraft, ruleBodies, scheduleBody, type ScheduleDraft } from '@/domain/draft'
import type { Schedule } from '@/domain/model'
import { byPointer } from '@/domain/problems'
import { isZone } from '@/domain/time'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { usePreview } from './usePreview'

export function useScheduleEditor(timezone: string, servers: number[]) {
  const refetch = useRefetch()
  const draft = reactive<ScheduleDraft>(newDraft(timezone, servers))
  const original = shallowRef<Schedule | null>(null)
  const clean = ref(fingerprint(draft))
  const tried = ref(false)
  const conflict = ref(false)

  const isDirty = computed(() => fingerprint(draft) !== clean.value)

  function load(schedule: Schedule): void {
    original.value = schedule
    Object.assign(draft, draftOf(schedule))
    clean.value = fingerprint(draft)
    conflict.value = false
  }

  async function send(): Promise<void> {
    const body = scheduleBody(draft)
    if (!body) return
    const before = original.value
    const saved = before ? await changeSchedule(before.id, before.revision, body) : await createSchedule(body)
    load(saved)
    tried.value = false
    await refetch.schedules()
  }

  const saving = useAction(send)

  /** Resolves with whether it was saved. */
  async function save(): Promise<boolean> {
    tried.value = true
    if (Object.keys(missing(draft)).length > 0) return false
    const done = await saving.run()
    conflict.value = saving.error.value?.status === 412
    return done
  }

  const theirs = useAction(async () => {
    if (original.value) load(await readSchedule(original.value.id))
    saving.clear()
  })

  /** Their newer revision is read first, so that only what was knowingly given up is overwritten. */
  async function saveOver(): Promise<boolean> {
    if (!original.value) return false
    const reading = useAction(async () => {
      if (original.value) original.value = await readSchedule(original.value.id)
    })
    return (await reading.run()) ? save() : false
  }

  const question = computed(() => {
    const rules = ruleBodies(draft.rules)
    return rules && rules.length > 0 && isZone(draft.timezone) ? { timezone: draft.timezone, rules } : null
  })
  const previewing = usePreview(question)

  const problems = computed<Record<string, string>>(() => {
    const own = tried.value ? missing(draft) : {}
    const answered = [previewing.error.value, saving.error.value].filter((error) => error instanceof ApiError)
    return Object.assign({}, ...answered.map((error) => byPointer(error.errors)), own)
  })

  // What the API said about a field is out of date as soon as something is typed.
  watch(() => fingerprint(draft), () => !conflict.value && saving.clear())

  return { draft, original, isDirty, conflict, problems, saving, theirs, previewing, load, save, saveOver }
}
