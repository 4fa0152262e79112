/** The starter policy: what `d4c policy new` writes. It has to be useful as it stands, and to explain itself. */

/** Which containers it is for; `null`: all. */
export type StarterImage =
  | { readonly condition: 'containerImageName' | 'containerImageFullName'; readonly value: string }
  | null;

export interface StarterOptions {
  readonly name: string;
  readonly image: StarterImage;
}

export function starterPolicy({ name, image }: StarterOptions): string {
  const only = image === null ? '' : `      ${image.condition}: [${JSON.stringify(image.value)}]\n`;
  const whom = image === null ? 'every container' : `containers of the image ${image.value}`;
  return `${head(name, whom)}${watched(only)}${harmless}${responses}`;
}

function head(name: string, whom: string): string {
  return `# A starter policy for ${whom}. It blocks nothing yet: in mode monitor a \`block\` is only reported
# (\`d4c.would_deny: true\` in the alert). When its alerts are all ones that you want, write \`mode: enforce\`.
#
# A selector says what is meant, a response what is done about it. A response applies if one of its \`match\`
# selectors holds and none of its \`exclude\` selectors does. The lines with ADAPT are those to look at first.
name: ${JSON.stringify(name)}
mode: monitor

file:
  selectors:
`;
}

function watched(only: string): string {
  return `    # What is watched

    # Programs and libraries where images have theirs: nothing should change them while a container runs.
    - name: imagePrograms
      operation: [createExecutable, modifyExecutable]
${only}      # /bin, /sbin and /lib are links to /usr on most images, and folders of their own on others
      targetFilePath: [/usr/**, /opt/**, /bin/**, /sbin/**, /lib/**, /lib64/**]

    # A program made anywhere else: a download, something compiled, a script that was given its x bit.
    - name: newPrograms
      operation: [createExecutable, modifyExecutable]
${only}      targetFilePath: [/**]

    # A program that was never a file: how malware leaves no trace on the disk.
    - name: memoryPrograms
      operation: [execMemFd]
${only}
    # Code about to run that the image did not bring. On volumes this is usual: they are left out.
    - name: foreignCode
      operation: [execDrift]
${only}      ignoreVolumeMounts: true

`;
}

const harmless = `    # What is known to be harmless. Writing these is let pass; running them is still foreign code.

    # git puts samples of hooks, with their x bit, into every clone: Argo CD and kustomize do so in /tmp all day.
    - name: gitHookSamples
      operation: [createExecutable, modifyExecutable]
      processName: [git, 'git-*']
      targetFilePath: ['/**.git/hooks/*.sample', '/**.git/modules/**hooks/*.sample']

    # Package managers that fetch plug-ins when a container starts (gem, pip, npm). ADAPT: keep what you use.
    - name: languagePackages
      operation: [createExecutable, modifyExecutable]
      targetFilePath:
        - /usr/local/bundle/**
        - /usr/local/lib/ruby/gems/**
        - /usr/local/lib/python3*/site-packages/**
        - /usr/local/lib/node_modules/**
        - /app/node_modules/**
        - /root/.npm/**
        - /root/.cache/pip/**

    # Compilers and tests. ADAPT: the namespaces that build; everything else is not expected to.
    - name: builds
      operation: [createExecutable, modifyExecutable, execDrift]
      kubernetesNamespace: [ci, 'ci-*', 'gitlab-runner*', 'jenkins*', 'tekton-*', 'arc-runners*']

    # \`go build\`, \`go run\` and \`go test\` outside Kubernetes: their caches and folders of work.
    - name: goBuildCache
      operation: [createExecutable, modifyExecutable, execDrift]
      targetFilePath: ['/tmp/go-build*/**', /root/.cache/go-build/**, '/home/*/.cache/go-build/**']

`;

const responses = `  responses:
    # ADAPT: a container that installs packages when it starts needs its package manager excluded here.
    - name: programs of the image changed
      description: a program or library in a system folder was created or changed while the container ran
      severity: 73
      match: [imagePrograms]
      exclude: [languagePackages, builds]
      actions: [alert, block]

    - name: program run from memory
      description: a program was run that no file system names
      severity: 73
      match: [memoryPrograms]
      actions: [alert, block]

    - name: new program
      description: a program was created or changed outside the system folders
      severity: 47
      match: [newPrograms]
      exclude: [imagePrograms, gitHookSamples, languagePackages, builds, goBuildCache]
      actions: [alert]

    - name: foreign code run
      description: code was run that is not of the container's image
      severity: 47
      match: [foreignCode]
      exclude: [builds, goBuildCache]
      actions: [alert]
`;

/** Tests of the starter policy, which is at \`policy\` as seen from them. */
export function starterTests(policy: string, { image }: StarterOptions): string {
  const name = image === null ? 'docker.io/library/nginx:1.25' : exampleImage(image);
  const container = (rest: string): string => `container: {image: ${JSON.stringify(name)}${rest}}`;
  return `# What the policy is meant to do, as tests: \`d4c policy test\` runs them. In mode monitor there is no \`block\`;
# with \`--mode enforce\` the first two fail, until they expect [alert, block].
policies: [${JSON.stringify(policy)}]
tests:
  - name: a shell dropped among the programs of the image is reported
    operation: [createExecutable, createFile]
    path: /usr/bin/x
    ${container('')}
    expect: [alert]

  - name: a program that runs from memory is reported
    operation: execMemFd
    ${container('')}
    expect: [alert]

  - name: a download into /tmp is reported
    operation: createExecutable
    path: /tmp/miner
    ${container('')}
    expect: [alert]

  - name: and so is running it
    operation: execDrift
    path: /tmp/miner
    ${container('')}
    expect: [alert]

  - name: hook samples of a clone are not
    operation: createExecutable
    path: /tmp/kustomize-1/.git/hooks/pre-push.sample
    process: {executable: /usr/bin/git}
    ${container('')}
    expect: []

  - name: but a program that calls itself a hook sample is
    operation: createExecutable
    path: /tmp/kustomize-1/.git/hooks/pre-push.sample
    process: {executable: /usr/bin/curl}
    ${container('')}
    expect: [alert]

  - name: a plug-in installed at the start is not
    operation: createExecutable
    path: /usr/local/bundle/bin/fluent-plugin
    ${container('')}
    expect: []

  - name: builds may build, and run what they have built
    event: [{operation: createExecutable, path: /work/app}, {operation: execDrift, path: /work/app}]
    ${container(', namespace: ci-web')}
    expect: []

  - name: nor is what go builds to test
    event: [{operation: createExecutable, path: /tmp/go-build1/b001/x.test}, {operation: execDrift, path: /tmp/go-build1/b001/x.test}]
    ${container('')}
    expect: []

  - name: files that are not executable are nobody's business
    operation: [createFile, modifyFile]
    path: /usr/share/x
    ${container('')}
    expect: []
`;
}

/** An image that the condition means. */
function exampleImage({ condition, value }: NonNullable<StarterImage>): string {
  const name = value.replaceAll('\\*', '*').replaceAll('*', 'x');
  return `${condition === 'containerImageName' ? 'docker.io/library/' : ''}${name}:1`;
}
