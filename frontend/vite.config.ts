/** How the page is built and served while working on it. Knows the address of the API in development only. */
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const api = process.env.CLOUDEVY_API ?? 'http://127.0.0.1:8001'

export default defineConfig({
  plugins: [vue(), tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { host: '127.0.0.1', proxy: { '/api': { target: api } } },
  build: {
    // The content policy allows files of our own origin only, so nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    projects: [
      // The domain is pure, so it needs no browser; starting one costs more than all its tests.
      { extends: true, test: { name: 'domain', environment: 'node', include: ['src/domain/**/*.spec.ts'] } },
      {
        extends: true,
        test: { name: 'page', environment: 'happy-dom', include: ['src/**/*.spec.ts'], exclude: ['src/domain/**'] },
      },
    ],
  },
})
