/** The rules of the house: no `any`, and who may import whom. */
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

const forbid = (...groups) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: groups.map(([group, message]) => ({ group, message })) },
  ],
})

const api = [['@/api', '@/api/*'], 'Components take props and emit events; only composables and views talk to the API.']
const upward = [['@/views/*', '@/router'], 'Knowledge flows one way: views know components, never the reverse.']

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'src/api/generated/'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.{ts,vue,js}'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, caughtErrors: 'none' }],
      'no-undef': 'off',
      'no-console': 'error',
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Only src/api calls fetch.' }],
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'always', normal: 'always', component: 'always' } }],
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/require-default-prop': 'off',
      'vue/attributes-order': 'off',
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': 'error',
      'vue/no-restricted-html-elements': ['error', { element: 'style', message: 'Strict CSP.' }],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'max-lines': ['error', { max: 300, skipBlankLines: true }],
    },
  },
  { files: ['src/api/**'], rules: { 'no-restricted-globals': 'off' } },
  {
    files: ['src/domain/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error', { patterns: [{ regex: '^(?!\\./)', message: 'The domain is pure: it imports nothing but itself.' }] },
      ],
    },
  },
  { files: ['src/composables/**'], ignores: ['**/*.spec.ts'], rules: forbid(upward, [['@/components/*'], 'A composable knows no component.']) },
  { files: ['src/components/**'], rules: forbid(api, upward) },
  { files: ['src/testing/**'], rules: { 'vue/one-component-per-file': 'off' } },
  { files: ['src/views/**/*.vue'], rules: { 'max-lines': ['error', { max: 100, skipBlankLines: true }] } },
)
