/** Ein übertragbares Modell, auf Schnitte angewandt. */
export const apply = {
  title: 'Ein Modell anwenden',
  text: 'Ein Modell, das Trefoil hier oder auf einem anderen Computer geschrieben hat, sagt, was jede Kachel neuer Schnitte ist. Es lernt dabei nichts, und ein Projekt ist nicht nötig.',
  chooseModel: 'Modell wählen',
  modelHelp: 'Eine Datei mit der Endung .trefoil-model: „Übertragbares Modell“ unter den Exporten eines Projekts.',
  chooseSlides: 'Schnitte wählen',
  chooseFolder: 'Ordner wählen',
  more: 'und {count} weitere',
  mpp: 'µm je Pixel, für Schnitte, die es nicht sagen',
  mppHelp: 'Leer gelassen werden solche Schnitte abgelehnt. Schnitte, die es sagen, behalten ihr eigenes.',
  mppWrong: 'Eine Zahl über 0 und bis 100 eingeben.',
  act: 'Anwenden',
  others: 'Andere Schnitte',
  goesOn:
    'Es läuft weiter, wenn dieses Fenster geschlossen wird. Angehalten und mit demselben Ordner neu gestartet, tut es nur, was fehlt.',
  stopped: 'Es wurde angehalten. Mit demselben Ordner geht es dort weiter.',
  card: {
    title: 'Über das Modell',
    learnt: 'Gelernt aus: {labels}, {slides}. Kantenlänge einer Kachel in Pixeln: {tile}; µm je Pixel: {mpp}.',
    judged:
      'Beurteilt: {tiles}, {folds}. Kein Klassifikator sah die Schnitte, an denen er beurteilt wurde; auf anderen Schnitten kann er schlechter sein.',
    made: 'Erstellt {time} mit Trefoil {version}, Netz {network}, Startwert {seed}.',
  },
  result: {
    title: 'Ergebnis',
    done: '{slides} fertig; je ein Ordner in „{folder}“.',
    areas: 'Fläche jeder Klasse und ihr Anteil am klassifizierten Gewebe',
    slide: 'Schnitt',
    tiles: 'Kacheln',
    refused: 'Nicht erledigt',
    files:
      'Jeder Ordner enthält Umrisse und Kacheln für QuPath (GeoJSON), Tabellen, Bilder der Karte und woher alles stammt (provenance.json). Nur für die Forschung.',
  },
};
