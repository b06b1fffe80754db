import { writeFile } from 'node:fs/promises'
import { generatedFiles } from './generated-files.ts'

/** Writes every generated file: the OpenAPI and AsyncAPI documents, the pages made from schemas. */
for (const [path, content] of Object.entries(await generatedFiles())) {
  await writeFile(path, content)
  console.log(path)
}
