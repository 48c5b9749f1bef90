/** Vergleiche von Verfahren und Simulationen des Markierens, beim Projekt aufbewahrt. */
export const studies = {
  made: 'Gemacht',
  remove: 'Löschen',
  cancel: 'Abbrechen',
  stale: 'Markierungen oder Kacheln haben sich seither geändert: Neu gemacht wären die Zahlen andere.',
  noRuns: 'Noch kein Lauf der jetzigen Kacheln ist fertig.',
  run: 'Lauf {number}, {name}',
  folds: 'Anzahl der Teile',
  wholeNumber: 'Eine ganze Zahl von {least} bis {most} eingeben.',
  levels: { image: 'Schnitt', specimen: 'Präparat', patient: 'Patient' },
  compare: {
    title: 'Vergleich der Verfahren',
    what: 'Was verglichen wird',
    baselines: 'Immer daneben: dasselbe Netz mit zufälligen Gewichten sowie Farbe und Textur.',
    shares: 'Benutzte Markierungen in Prozent der Kacheln',
    sharesHelp: 'Mehrere mit Leerzeichen dazwischen: 1 10',
    sharesWrong: 'Prozente über 0 und bis 100 eingeben, mit Leerzeichen dazwischen.',
    draws: 'Ziehungen der Markierungen',
    drawsHelp: 'Wie oft die Markierungen neu gezogen werden. Mehr Ziehungen, mehr Sicherheit; 20 sind üblich.',
    foldsHelp: 'Leer gelassen wird je eine Gruppe zurückgehalten.',
    bySlide: 'Auch ohne das Aussehen der einzelnen Schnitte',
    bySlideHelp:
      'Mittelwert und Streuung jedes Schnitts werden aus seinen Merkmalen genommen. Schadet, wo ein Schnitt nur eine Klasse zeigt.',
    supervised: 'Auch von Grund auf trainierte Netze',
    supervisedHelp:
      'Dasselbe Netz lernt ohne Vortraining allein aus den gezogenen Markierungen: das muss das Vortraining schlagen. Ein Netz je Ziehung, Teil und Anteil der Markierungen; auf einer GPU Minuten, auf einem Prozessor Stunden. Was fertig ist, bleibt.',
    steps: 'Schritte je Netz',
    networks: 'Zu trainierende Netze: {count}',
    act: 'Vergleichen',
    emptyTitle: 'Noch nichts verglichen',
    emptyText:
      'Läufe, eigene Encoder und Vergleichswerte werden an denselben wenigen Markierungen beurteilt, viele Male gezogen, auf Schnitten, die keine Markierungen gaben. Erst dann darf man eines besser nennen.',
    about:
      '{tiles} auf {slides} beurteilt, der Reihe nach zurückgehaltene Gruppen: {groups}, Ziehungen der Markierungen: {draws}. Intervalle von 95 % über Ziehungen und Gruppen.',
    at: '{percent} % der Kacheln: {labels}',
    single: 'Einzelne Ziehungen',
    singleMeaning: 'Die schlechteste und die beste Ziehung: wie weit das Glück der Markierungen reicht.',
    gain: 'Über dem besten Vergleichswert',
    gainMeaning:
      'Unterschied der ausgewogenen Genauigkeit auf denselben Ziehungen und Schnitten. Wo das Intervall 0 enthält, ist kein Gewinn gezeigt.',
    best: 'bester Vergleichswert',
    paired:
      'Jede Zeile hat dieselben Markierungen, Teile und denselben Klassifikator. Gewinne sind gepaart: Jeder Unterschied gilt derselben Ziehung und denselben Schnitten.',
  },
  simulate: {
    title: 'Lohnt sich die Auswahl der Kacheln?',
    lead: 'Das Markieren wird auf den Kacheln nachgespielt, deren Klasse bekannt ist: Jede Art der Auswahl fragt nach Kacheln, die bekannte Klasse antwortet, und ein Klassifikator wird auf Schnitten beurteilt, die keine Markierungen gaben. Zufällige Auswahl steht immer daneben.',
    strategies: 'Arten der Auswahl',
    features: 'Merkmale',
    newestRun: 'Des neuesten fertigen Laufs',
    step: 'Markierungen auf einmal',
    budget: 'Markierungen insgesamt',
    seeds: 'Wiederholungen',
    act: 'Simulieren',
    emptyTitle: 'Noch nichts simuliert',
    emptyText:
      'Nötig sind markierte Kacheln zweier Klassen auf mehreren Schnitten, je mehr desto besser: Nachgespielt werden kann nur, was bekannt ist.',
    about:
      '{tiles} bekannter Klasse auf {slides}, zurückgehalten nach {level} (Teile: {folds}), Wiederholungen: {seeds}, Merkmale: {features}.',
    chart: 'Ausgewogene Genauigkeit nach Anzahl der Markierungen',
    table: 'Nötige Markierungen und Gewinne',
    needed: 'Markierungen für {target}',
    last: 'Mit allen Markierungen',
    gain: 'Über zufälliger Auswahl',
    never: 'nicht erreicht',
    target: 'Ziel',
    bands:
      'Bänder und Intervalle sind 95 % über die Wiederholungen, nicht über Schnitte: Sie sagen, wie sicher das Mittel auf diesen Schnitten ist, nicht was andere zeigen würden. Gewinne sind je Wiederholung gepaart. Nur für die Forschung.',
  },
};
